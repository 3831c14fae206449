"""What people say of galaxies: reading labels and matching them to a table's rows."""

from strandline.labels.files import LabelKeys, Labels, read_labels

__all__ = ["LabelKeys", "Labels", "read_labels"]
