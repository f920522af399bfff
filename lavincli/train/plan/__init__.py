"""What a recipe needs, before a machine is asked for it: parameters, memory, operations, traffic, days."""
