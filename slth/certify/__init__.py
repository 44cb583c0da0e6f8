"""The certificate's mathematics, fast, in numpy: `certify` is the door."""

from slth.certify.bounds import Certified, certify

__all__ = ["Certified", "certify"]
