"""What a vision-language backbone must offer: prefix, suffixes, hidden states, LoRA targets."""
