"""The reward model: linear head and LoRA on a backbone, its batches, training and scoring."""
