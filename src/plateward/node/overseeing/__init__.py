"""What overseers do on the node: access log, audits, samples, reports, requests of drivers, erasure."""
