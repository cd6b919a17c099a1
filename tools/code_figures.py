"""Print figures about the code: structure, size, `Any`, docstrings.

    python -m tools.code_figures

Structure is counted on import-linter's graph: every package at any depth, and every loose module beside them, is a
node; all imports from one node to another are one edge.
"""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import grimp

PACKAGE = "aec"
# Roots whose lines are counted together.
COUNTED = ("aec", "pages")
LONGEST_FIRST_LINE = 80
QUESTION_WORDS = ("What", "How", "Who", "Where", "Whose", "Which")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def structure(package: str = PACKAGE) -> tuple[int, int]:
    """Count packages with loose modules, and the edges between them."""
    graph = grimp.build_graph(package)
    parents = {module.rpartition(".")[0] for module in graph.modules}

    def node(module: str) -> str:
        parent = module.rpartition(".")[0]
        return module if module in parents or parent in ("", package) else parent

    nodes = {node(module) for module in graph.modules}
    edges = {
        (node(module), node(imported))
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    }
    return len(nodes), sum(importer != imported for importer, imported in edges)


def loose_modules(package: Path) -> list[str]:
    """Return the modules directly below a package, without `__init__` and `__main__`."""
    return sorted(file.stem for file in package.glob("*.py") if not file.stem.startswith("__"))


def code_lines(source: str) -> int:
    """Count lines of code without docstrings, comments and blank lines."""
    counted: set[int] = set()
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in skipped:
            counted.update(range(token.start[0], token.end[0] + 1))
    for _, expression in _docstrings(ast.parse(source)):
        counted.difference_update(range(expression.lineno, (expression.end_lineno or expression.lineno) + 1))
    return len(counted)


def uses_of_any(source: str) -> int:
    """Count uses of `Any`, also in quoted annotations; imports do not count."""
    found = 0
    for node in ast.walk(ast.parse(source)):
        if (isinstance(node, ast.Name) and node.id == "Any") or (
            isinstance(node, ast.Attribute) and node.attr == "Any"
        ):
            found += 1
        elif isinstance(node, ast.arg | ast.AnnAssign) or hasattr(node, "returns"):
            annotation = node.annotation if isinstance(node, ast.arg | ast.AnnAssign) else node.returns
            if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
                found += uses_of_any(annotation.value)
    return found


def first_lines(source: str) -> Iterator[str]:
    """Yield the first line of every docstring."""
    for text, _ in _docstrings(ast.parse(source)):
        yield text.strip().split("\n")[0]


def _docstrings(tree: ast.AST) -> Iterator[tuple[str, ast.Expr]]:
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and node.body and isinstance(node.body[0], ast.Expr):
            expression = node.body[0]
            if isinstance(expression.value, ast.Constant) and isinstance(expression.value.value, str):
                yield expression.value.value, expression


def main() -> None:
    """Print the figures, one per line."""
    nodes, edges = structure()
    modules = loose_modules(Path(PACKAGE))
    sources = {root: [file.read_text("utf-8") for file in Path(root).rglob("*.py")] for root in COUNTED}
    size = sum(code_lines(text) for root in COUNTED for text in sources[root])
    lines = [line for text in sources[PACKAGE] for line in first_lines(text)]
    long = sum(len(line) > LONGEST_FIRST_LINE for line in lines)
    questions = sum(line.split(" ")[0] in QUESTION_WORDS for line in lines)
    print(f"loose modules: {len(modules)} ({', '.join(modules)})")
    print(f"packages and loose modules: {nodes}, imports between them: {edges}")
    print(f"lines of code of {' and '.join(COUNTED)}: {size:,}")
    print(f"uses of Any in {PACKAGE}: {sum(uses_of_any(text) for text in sources[PACKAGE])}")
    print(f"docstrings: {len(lines):,}, of which {long} have a first line over {LONGEST_FIRST_LINE} characters")
    print(f"docstrings that begin with {', '.join(QUESTION_WORDS)}: {questions}")


if __name__ == "__main__":
    main()
