"""Wireroom: the API of AWS End User Messaging (`pinpoint-sms-voice-v2`) on your own machine."""

__version__ = "0.1.0"
