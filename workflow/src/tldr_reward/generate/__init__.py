"""Responses of any vision-language model: a Hugging Face folder, an endpoint, a file."""
