"""What takes how long: this package beside the plain use of transformers and PEFT."""
