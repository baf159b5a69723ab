"""Made scenes: meshes of people, furniture, streets and table tops under a virtual camera, with exact depth.

Lengths are in metres; x to the right, y up, z towards the viewer (OpenGL's axes). `make_scenes.py` is the command.
"""
