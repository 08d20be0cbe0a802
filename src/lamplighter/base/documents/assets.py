"""Where the files that came from others lie; ``vendor/VENDOR.md`` says version, licence and fingerprint of each."""

from pathlib import Path
from typing import Final

VENDOR: Final = Path(__file__).parent / "vendor"

ECHARTS: Final = VENDOR / "echarts" / "echarts.min.js"
"""Apache ECharts, one script."""

FONTS: Final = VENDOR / "noto-sans-sc"
"""Folder with Noto Sans SC, regular and bold: every sign of GBK."""
