"""The pages of the catalogue: values, templates, pictures; what happened is of chronicle, the words of reports of showing."""
