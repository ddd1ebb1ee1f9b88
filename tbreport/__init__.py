"""tbreport reads every TensorBoard run under a log directory and writes one HTML report."""
