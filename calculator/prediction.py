"""What can this machine do with this model? Memory first, then speed, in one frozen answer."""
