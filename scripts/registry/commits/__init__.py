"""What commits of main did, and their trees, of files whatever they mean; what became of models by them is chronicle's."""
