"""Makes the photos of this folder from NASA's portrait of Eileen Collins (public domain).

    pip install opencv-python-headless pillow numpy
    python make.py astronaut.png

The portrait is the 512 x 512 copy that scikit-image ships. The head and shoulders are cut out, the suit is
darkened, and both are put on white, so that the result looks as the photo rules ask (see README.md).
"""

import sys

import cv2
import numpy as np
from PIL import Image

SIZE = (624, 907)  # 260:378, at the archive photo's 2.4-fold
CROP = (118, 3, 337, 321)  # head width 68 % of the frame, hair a little below its top edge


def cut_out(portrait):
    """How much of each pixel is the person: 0 to 1."""
    mask = np.full(portrait.shape[:2], cv2.GC_BGD, np.uint8)
    mask[8:380, 30:365] = cv2.GC_PR_BGD
    cv2.ellipse(mask, (227, 95), (76, 84), 0, 0, 360, cv2.GC_PR_FGD, -1)
    cv2.ellipse(mask, (228, 105), (52, 66), 0, 0, 360, cv2.GC_FGD, -1)
    shoulders = np.array([[112, 190], [150, 160], [290, 165], [345, 250], [358, 380], [40, 380], [50, 280], [100, 225]])
    cv2.fillPoly(mask, [shoulders], cv2.GC_PR_FGD)
    torso = np.array([[130, 220], [190, 180], [260, 185], [300, 250], [340, 320], [345, 380], [60, 380], [70, 290], [105, 240]])
    cv2.fillPoly(mask, [torso], cv2.GC_FGD)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(portrait, mask, None, *models, 8, cv2.GC_INIT_WITH_MASK)
    person = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    # One person: the largest piece, without holes.
    count, pieces, sizes, _ = cv2.connectedComponentsWithStats(person)
    person = (pieces == 1 + np.argmax(sizes[1:, cv2.CC_STAT_AREA])).astype(np.uint8)
    # Straps that stand out like whiskers are not part of an outline one would cut.
    person = cv2.morphologyEx(person, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13)))
    outline, _ = cv2.findContours(person, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(person, outline, -1, 1, -1)
    return cv2.GaussianBlur(cv2.erode(person, np.ones((3, 3))).astype(np.float32), (0, 0), 0.8)


def darken_suit(picture):
    """Orange cloth becomes dark blue; skin and hair are above it and stay."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    face = ((x - 228) / 88) ** 2 + ((y - 88) / 104) ** 2
    cloth = np.clip((face - 1) * 6, 0, 1)[..., None]
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)[..., None]
    dark = np.clip(grey * 0.34, 0, 90) * np.array([1.25, 1.0, 0.9], np.float32)
    return picture * (1 - cloth) + dark * cloth


def main(path):
    portrait = cv2.imread(path)
    alpha = cut_out(portrait)[..., None]
    on_white = darken_suit(portrait.astype(np.float32)) * alpha + 252 * (1 - alpha)
    frame(on_white, CROP, "accepted.jpg")
    # The album photo: mirrored, and cut a little wider.
    mirrored = on_white[:, ::-1]
    frame(mirrored, (512 - 343, 0, 512 - 114, 333), "album.jpg", (572, 832))
    frame(portrait.astype(np.float32), (24, 0, 336, 454), "flag-background.jpg")
    frame(on_white, CROP, "too-small.jpg", (260, 378))
    save(on_white[0:370, 45:415], "square.png", (640, 640))
    frame(on_white, CROP, "print-colours.jpg", (520, 756), "CMYK")


def frame(picture, box, name, size=SIZE, mode="RGB"):
    left, top, right, bottom = box
    save(picture[top:bottom, left:right], name, size, mode)


def save(picture, name, size, mode="RGB"):
    rgb = np.clip(picture[..., ::-1], 0, 255).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(rgb)).resize(size, Image.Resampling.LANCZOS)
    if name.endswith(".png"):
        image.quantize(128).save(name, optimize=True)
    else:
        image.convert(mode).save(name, quality=90, dpi=(300, 300))


main(sys.argv[1])
