"""ST-VAE and J-DiT: plain single-device PyTorch."""
