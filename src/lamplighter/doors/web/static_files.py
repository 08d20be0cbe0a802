"""Static files under names that change with their content, imports of modules included."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Names in ``import ... from "./other.js"`` follow the file they mean, or only the first module would be found."""

    support_js_module_import_aggregation = True
