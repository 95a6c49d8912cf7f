"""The use cases, the ports they need, the messages they take and the views they give."""
