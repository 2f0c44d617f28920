"""Pictures of reads: what the reader's camera saw, drawn when it is wanted, always the same for the same read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

import cv2

from plateward.core.read import Read
from plateward.demo import stories
from plateward.demo.agencies import RIDGEPORT_PD
from plateward.demo.chance import stream
from plateward.demo.drivers import residents
from plateward.demo.hours import local
from plateward.demo.numbering import elsewhere
from plateward.demo.readers import readers
from plateward.demo.scene import Light, Picture, camera, light_at, scene
from plateward.demo.streets import network

JPEG_QUALITY = 84


@dataclass(frozen=True, slots=True)
class Written:
    """A picture in a folder and what is really on it."""

    path: Path
    plate: str
    region: str
    reader: str


def true_plate(read: Read) -> str:
    """What was on the car: a story's plate where the read is a misread of one, else what was read."""
    for text, _ in ((read.plate, 1.0), *read.candidates):
        if text in stories.PLATES:
            return text
    return read.plate


def picture(read: Read) -> Picture:
    """What the reader's camera saw. A misread of a story's car shows the true plate: the picture is how a person finds out."""
    rng = Random(read.id.int)
    return scene(true_plate(read), _region(read), light_at(read.read_at, rng), camera(read.reader), rng)


def picture_of(read: Read) -> bytes:
    """The same as JPEG, 960 × 540, about 60 kB."""
    return _jpeg(picture(read))


def _region(read: Read) -> str:
    if true_plate(read) == stories.PATIENT:
        return stories.PATIENT_REGION
    return read.region or "US-CA"


def _jpeg(drawn: Picture) -> bytes:
    done, data = cv2.imencode(".jpg", drawn.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:  # only for an image of no size
        raise ValueError("the picture cannot be written as JPEG")
    return data.tobytes()


def write_pictures(folder: Path, seed: int, now: datetime, count: int = 12) -> tuple[Written, ...]:
    """Draw ``count`` pictures of passing cars into ``folder`` (made when missing), for the recogniser to read.

    File names say reader and number, not the plate. The first is the burglar's car, the second the stolen one; by day, at dusk,
    at night and in infrared. Returns what is on each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, (plate, region, reader, light) in enumerate(_cars(seed, now, count)):
        drawn = scene(plate, region, light, camera(reader), stream(seed, "picture", str(number)))
        path = folder / f"{reader}-{local(now):%Y%m%d}-{number + 1:03d}.jpg"
        path.write_bytes(_jpeg(drawn))
        written.append(Written(path, plate, region, reader))
    return tuple(written)


def _cars(seed: int, now: datetime, count: int) -> Iterator[tuple[str, str, str, Light]]:
    rng = stream(seed, "pictures", local(now).date().isoformat())
    fixed = [reader.id for reader in readers().all if reader.agency == RIDGEPORT_PD and reader.position is not None]
    lights = (Light.DAY, Light.DAY, Light.INFRARED, Light.DUSK, Light.DAY, Light.NIGHT)
    local_plates = [(driver.plate, driver.region) for driver in residents(seed, network(), 400)][10:]
    cars = [(stories.BURGLAR, "US-CA"), (stories.STOLEN, "US-CA"), (stories.PATIENT, stories.PATIENT_REGION)]
    for number in range(count):
        plate, region = cars[number] if number < len(cars) else rng.choice(local_plates)
        if number >= len(cars) and number % 4 == 3:
            plate, region = elsewhere(rng)
        yield plate, region, rng.choice(fixed), lights[number % len(lights)]
