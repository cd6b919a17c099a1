"""Client of Streamlit's websocket protocol: opens a page and uploads clips.

It measures the time until a prediction is drawn, without a browser.
"""

import asyncio
import time
from types import TracebackType

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

_COOKIE = "_streamlit_xsrf"
_TIMEOUT_S = 120


class Visitor:
    """A session on a dashboard's server, for an `async with` block.

    Parameters
    ----------
    address : str
        Of the server, such as `http://127.0.0.1:8501`.
    page : str
    """

    def __init__(self, address: str, page: str) -> None:
        self._address, self._page = address, page
        self._http = requests.Session()
        self._session = ""
        self._hash = ""
        self._uploader = ""
        self._uploads = 0
        self._previous = ""
        self.texts: list[str] = []
        self.errors: list[str] = []
        self._socket: ClientConnection

    async def __aenter__(self) -> "Visitor":
        health = await asyncio.to_thread(self._http.get, f"{self._address}/_stcore/health", timeout=_TIMEOUT_S)
        token = health.cookies.get(_COOKIE) or ""
        self._http.headers["X-Xsrftoken"] = token
        stream = self._address.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket = await connect(
            stream,
            subprotocols=[Subprotocol(name) for name in ("streamlit", token) if name],
            additional_headers={"Cookie": f"{_COOKIE}={token}"},
            max_size=None,
            open_timeout=_TIMEOUT_S,
            ping_interval=None,
        )
        message = BackMsg()
        message.rerun_script.page_name = self._page
        await self._socket.send(message.SerializeToString())
        await self._until_done()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.close()
        self._http.close()

    async def predict(self, name: str, content: bytes) -> float:
        """Upload a clip and return the seconds until its prediction is drawn.

        The time begins when the upload is sent, and ends with the message that the script has finished.
        """
        message = BackMsg()
        self._uploads += 1
        message.file_urls_request.request_id = str(self._uploads)
        message.file_urls_request.file_names.append(name)
        message.file_urls_request.session_id = self._session
        await self._socket.send(message.SerializeToString())
        urls = (await self._until("file_urls_response")).file_urls_response.file_urls[0]
        start = time.perf_counter()
        answer = await asyncio.to_thread(
            self._http.put,
            f"{self._address}{urls.upload_url}",
            files={"file": (name, content, "audio/wav")},
            timeout=_TIMEOUT_S,
        )
        answer.raise_for_status()
        state = WidgetState(id=self._uploader)
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.file_id, info.name, info.size = urls.file_id, name, len(content)
        info.file_urls.CopyFrom(urls)
        message = BackMsg()
        message.rerun_script.page_script_hash = self._hash
        message.rerun_script.widget_states.widgets.append(state)
        await self._socket.send(message.SerializeToString())
        await self._until_done()
        taken = time.perf_counter() - start
        await self._drop_previous(urls.delete_url)
        return taken

    async def _drop_previous(self, address: str) -> None:
        """Delete the previous clip on the server, as a browser does."""
        if self._previous:
            answer = await asyncio.to_thread(
                self._http.delete, f"{self._address}{self._previous}", timeout=_TIMEOUT_S
            )
            answer.raise_for_status()
        self._previous = address

    @property
    def answered(self) -> bool:
        """Whether a prediction is on the page."""
        return any("Likely" in text or "Unsure" in text for text in self.texts)

    async def _until_done(self) -> None:
        """Receive messages until the script has run, possibly after a restart."""
        self.texts.clear()
        while True:
            message = await self._until("script_finished")
            if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return

    async def _until(self, wanted: str) -> ForwardMsg:
        while True:
            message = ForwardMsg()
            message.ParseFromString(await asyncio.wait_for(self._socket.recv(decode=False), _TIMEOUT_S))
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self._session = message.new_session.initialize.session_id
                self._hash = message.new_session.page_script_hash
            elif kind == "delta":
                self._read_delta(message.delta)
            if kind == wanted:
                return message

    def _read_delta(self, delta: Delta) -> None:
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "file_uploader":
            self._uploader = element.file_uploader.id
        elif kind == "heading":
            self.texts.append(element.heading.body)
        elif kind == "exception":
            self.errors.append(f"{element.exception.type}: {element.exception.message}")
        elif kind == "alert" and "error" in str(element.alert.format).lower():
            self.errors.append(element.alert.body)
