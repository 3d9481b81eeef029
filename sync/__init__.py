"""One file = one exchange or long job."""
