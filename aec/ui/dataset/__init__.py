"""The Dataset page: choosing corpora, their clips and problems in tabs, and single clips to listen to."""
