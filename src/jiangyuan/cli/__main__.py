"""`python -m jiangyuan.cli`."""

from jiangyuan.cli import main

if __name__ == "__main__":
    main()
