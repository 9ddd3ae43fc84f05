"""Pull requests, told and made: the comment on people's, and those that pin; what GitHub is asked with lies in github."""
