"""paybot: the operations CLI of a payment chat bot on AWS."""

__version__ = "0.1.0"
