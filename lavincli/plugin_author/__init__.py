"""What a plugin's author needs: a plugin to start from, and a check of the finished one."""
