"""Pictures that the course draws itself, and so knows the truth of every pixel.

`make_objects` draws one object a picture, `make_scenes` several, with captions, and
`make_questions` asks about them; `make_faces` draws people who do not exist. The same seed gives
the same bytes everywhere.
"""

from course_utils.drawn.captions import Mention, named_objects, read_caption, write_caption
from course_utils.drawn.faces import GROUP_NAMES, LANDMARK_NAMES, FaceImages, make_faces
from course_utils.drawn.objects import ObjectImages, draw_object, make_objects
from course_utils.drawn.questions import ANSWERS, Questions, make_questions
from course_utils.drawn.scenes import SceneImages, make_scenes
from course_utils.drawn.words import (
    COLOUR_NAMES,
    NEW_SHAPE_NAMES,
    RELATIONS,
    SHAPE_NAMES,
    TEXTURE_NAMES,
)

__all__ = [
    "ANSWERS",
    "COLOUR_NAMES",
    "GROUP_NAMES",
    "LANDMARK_NAMES",
    "NEW_SHAPE_NAMES",
    "RELATIONS",
    "SHAPE_NAMES",
    "TEXTURE_NAMES",
    "FaceImages",
    "Mention",
    "ObjectImages",
    "Questions",
    "SceneImages",
    "draw_object",
    "make_faces",
    "make_objects",
    "make_questions",
    "make_scenes",
    "named_objects",
    "read_caption",
    "write_caption",
]
