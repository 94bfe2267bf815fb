"""`python -m nms.app` is `nms`."""

from nms.app.cli import main

if __name__ == "__main__":
    main()
