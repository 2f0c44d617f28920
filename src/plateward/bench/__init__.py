"""Measuring: each figure beside a baseline taken in the same run, because a ratio holds where a machine's speed drifts."""
