"""Task cards: what ``task.yaml`` may hold, how it is read, and the task it makes."""
