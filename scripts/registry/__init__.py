"""What the verbs know, in rooms by noun; on the ground lie problems, speech, files, Git and versions, which all use."""
