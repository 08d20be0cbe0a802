"""Stories that cross domains: one folder or file each; they join what no domain may join by itself."""
