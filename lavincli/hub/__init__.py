"""Models that come from elsewhere: where they are kept, the Hugging Face hub, the published weights."""
