"""Pictures: what is uploaded is made anew, and in the widths that pages ask for."""

import io
import re
import struct
import zlib
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image, ImageCms
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.jobs import delete_picture_files, make_picture_widths
from catalog.listing import find_columns, read_product
from catalog.models import Product, ProductImage
from catalog.services.editing import delete_products
from catalog.services.pictures import finish_pictures, make_widths
from catalog.services.refresh import refresh_products
from tenants.pictures import PictureField, clean_upload
from tenants.shop.models import catalogue_version
from tests.factories import make_product

RED, GREEN, BLUE = (220, 20, 30), (20, 160, 60), (30, 40, 200)


def _file(image: Image.Image, kind: str, **options) -> ContentFile:
    made = io.BytesIO()
    image.save(made, kind, **options)
    return ContentFile(made.getvalue(), name=f"a.{kind.lower()}")


def _cleaned(image: Image.Image, kind: str = "PNG", side: int = 1600, **options) -> Image.Image:
    found = Image.open(clean_upload(_file(image, kind, **options), side=side))
    found.load()
    return found


def _near(pixel, wanted, by: int = 12) -> bool:
    return all(abs(a - b) <= by for a, b in zip(pixel, wanted, strict=False))


# --- What is taken, and how -------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_each_kind_becomes_webp(kind):
    found = _cleaned(Image.new("RGB", (60, 40), RED), kind)

    assert found.format == "WEBP"
    assert found.size == (60, 40)
    assert _near(found.convert("RGB").getpixel((30, 20)), RED)


def test_a_large_picture_is_made_smaller_and_keeps_its_shape():
    assert _cleaned(Image.new("RGB", (3000, 1500), RED), side=800).size == (800, 400)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_camera_was_held(orientation):
    """The eight orientations of EXIF: the red corner stands at the top left in all of them."""
    upright = Image.new("RGB", (60, 40), BLUE)
    upright.paste(RED, (0, 0, 30, 20))
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(back[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation

    found = _cleaned(stored, "JPEG", exif=exif, quality=95)

    assert found.size == (60, 40)
    assert _near(found.getpixel((10, 8)), RED, 30)
    assert _near(found.getpixel((50, 32)), BLUE, 30)


def test_nothing_is_kept_of_where_and_how_it_was_taken():
    exif = Image.Exif()
    exif[0x010F] = "Camera of Jane"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    file = _file(Image.new("RGB", (60, 40), RED), "JPEG", exif=exif, comment=b"Jane", xmp=b"Jane")

    made = clean_upload(file, side=100)

    found = Image.open(made)
    assert len(found.getexif()) == 0
    assert set(found.info) & {"exif", "xmp", "icc_profile", "comment"} == set()
    made.seek(0)
    assert b"Jane" not in made.read()


def test_colours_of_another_space_are_shown_as_they_were_meant():
    """A profile that swaps red and blue stands for any wide gamut: it is obeyed, then dropped."""
    swapped = _swapped_profile()
    found = _cleaned(Image.new("RGB", (40, 40), RED), "PNG", icc_profile=swapped)

    red, _, blue = found.getpixel((20, 20))
    assert blue > red
    assert "icc_profile" not in found.info


def _swapped_profile() -> bytes:
    """sRGB with the primaries of red and blue in each other's place."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    places = {}
    for number in range(count):
        at = 132 + 12 * number
        places[bytes(profile[at : at + 4])] = at
    first, second = places[b"rXYZ"], places[b"bXYZ"]
    profile[first : first + 4], profile[second : second + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile)


def test_a_broken_profile_is_passed_over():
    found = _cleaned(Image.new("RGB", (40, 40), GREEN), "PNG", icc_profile=b"nonsense" * 40)

    assert _near(found.getpixel((20, 20)), GREEN)


def test_print_colours_become_screen_colours():
    found = _cleaned(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "JPEG", quality=95)

    assert found.mode == "RGB"
    assert _near(found.getpixel((20, 20)), (255, 0, 0), 40)


def test_grey_of_sixteen_bits_keeps_its_tones():
    picture = Image.new("I;16", (40, 40), 32768)

    assert abs(_cleaned(picture).convert("L").getpixel((20, 20)) - 128) <= 2


def test_what_was_transparent_stays_so():
    for mode, color in (("RGBA", (*RED, 0)), ("LA", (9, 0))):
        found = _cleaned(Image.new(mode, (40, 40), color))
        assert found.mode == "RGBA"
        assert found.getpixel((20, 20))[3] == 0

    palette = Image.new("P", (40, 40), 0)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    assert _cleaned(palette, "PNG", transparency=0).getpixel((20, 20))[3] == 0


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_of_an_animation_the_first_picture_is_taken(kind):
    frames = [Image.new("RGB", (40, 40), color) for color in (RED, BLUE, GREEN)]

    found = _cleaned(frames[0], kind, save_all=True, append_images=frames[1:], duration=80)

    assert getattr(found, "n_frames", 1) == 1
    assert _near(found.convert("RGB").getpixel((20, 20)), RED)


def test_a_telephones_picture_of_two_parts_is_taken():
    """MPO: a JPEG with a second picture behind it, as telephones make for depth."""
    second = Image.new("RGB", (60, 40), BLUE)

    found = _cleaned(Image.new("RGB", (60, 40), RED), "MPO", save_all=True, append_images=[second])

    assert _near(found.getpixel((30, 20)), RED)


# --- What is refused --------------------------------------------------------------------------


def _png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG whose header says this, and nothing behind it unless it is given."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *(chunk(*each) for each in chunks), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    ("width", "height"),
    [(5001, 5000), (10_000, 9_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)],
    ids=["a little", "where the library warns", "where the library refuses", "absurd"],
)
def test_a_bomb_is_refused_by_its_header(width, height):
    """Were it decoded, there would be no pixels: the refusal would be another."""
    with pytest.raises(ValidationError, match="25 megapixels"):
        clean_upload(ContentFile(_png(width, height)), side=1600)


def test_text_that_unpacks_without_end_is_refused():
    text = b"Comment\0\0" + zlib.compress(b"a" * 80_000_000)

    with pytest.raises(ValidationError, match=r"damaged|not a JPEG"):
        clean_upload(ContentFile(_png(10, 10, (b"zTXt", text))), side=1600)


def test_a_file_of_more_than_its_bytes_is_refused_unread():
    file = ContentFile(b"")
    file.size = 15 * 1024 * 1024 + 1

    with pytest.raises(ValidationError, match="15 MiB"):
        clean_upload(file, side=1600)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"<!DOCTYPE html><script>",
        b"%PDF-1.7",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"\xff\xd8\xff",
        b"RIFF\0\0\0\0WEBP",
    ],
)
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(ValidationError, match=r"not a JPEG|damaged"):
        clean_upload(ContentFile(content), side=1600)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "PPM", "ICO", "TGA", "EPS"])
def test_another_kind_of_picture_is_refused_whatever_its_name(kind):
    file = _file(Image.new("RGB", (32, 32), RED), kind)
    file.name = "a.jpg"

    with pytest.raises(ValidationError, match="not a JPEG"):
        clean_upload(file, side=1600)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_cut_off_is_refused_and_never_an_error(kind):
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    whole = _file(noise, kind).read()
    for part in (0.02, 0.3, 0.6, 0.9):
        with pytest.raises(ValidationError, match=r"not a JPEG|damaged"):
            clean_upload(ContentFile(whole[: int(len(whole) * part)]), side=100)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_bytes_changed_anywhere_never_give_an_error(kind):
    """Ninety damaged files of each kind: made anew or refused, nothing else."""
    noise = Image.effect_noise((60, 60), 90).convert("RGB")
    whole = _file(noise, kind).read()
    for number in range(90):
        broken = bytearray(whole)
        for step in range(3):
            place = zlib.crc32(bytes([number, step])) % len(broken)
            broken[place] = zlib.crc32(bytes([step, number])) % 256
        try:
            made = clean_upload(ContentFile(bytes(broken)), side=100)
        except ValidationError:
            continue
        assert Image.open(made).format == "WEBP"


def test_a_form_asks_for_and_takes_only_these_kinds():
    field = PictureField(side=50)

    assert field.widget.attrs["accept"] == "image/jpeg,image/png,image/webp,image/gif"
    taken = field.clean(
        SimpleUploadedFile("a.txt", _file(Image.new("RGB", (90, 90)), "PNG").read())
    )
    assert Image.open(taken).size == (50, 50)
    with pytest.raises(ValidationError, match="not a JPEG"):
        field.clean(SimpleUploadedFile("a.png", b"<svg/>"))


# --- Widths -----------------------------------------------------------------------------------


@pytest.fixture
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def _uploaded(product: Product, size: tuple[int, int], **fields) -> ProductImage:
    image = ProductImage(product=product, alt="A lamp", **fields)
    made = clean_upload(_file(Image.new("RGB", size, RED), "PNG"), side=1600)
    image.file.save("picture.webp", made, save=False)
    image.measure()
    image.save(force_insert=True)
    return image


def _written(media: Path) -> dict[str, tuple[int, int]]:
    """Every file that there is: what its name says of its width, and its size."""
    found = {}
    for path in media.rglob("*.webp"):
        with Image.open(path) as picture:
            found[(re.search(r"-(\d+)\.webp", path.name) or ["", "own"])[1]] = picture.size
    return found


def test_a_small_picture_is_made_narrower_at_once(tech, media):
    product = make_product("Lamp")
    image = _uploaded(product, (800, 600))

    finish_pictures([image])
    refresh_products([product.pk])

    assert _written(media) == {
        "own": (800, 600),
        "320": (320, 240),
        "480": (480, 360),
        "640": (640, 480),
    }
    image.refresh_from_db()
    assert image.widths == [320, 480, 640]
    assert not ProcrastinateJob.objects.exists()
    assert read_product(find_columns("lamp")).images[0]["widths"] == [320, 480, 640]


def test_a_large_picture_is_made_narrower_by_a_job_that_knows_its_shop(tech, media, client_for):
    product = make_product("Lamp")
    image = _uploaded(product, (2000, 2000))
    refresh_products([product.pk])

    finish_pictures([image])

    assert set(_written(media)) == {"own"}
    assert "srcset" not in client_for(tech).get("/products/lamp/").content.decode()
    connection.set_tenant(tech)
    job = ProcrastinateJob.objects.get(task_name="catalog.jobs.make_picture_widths")
    assert job.args == {"tenant_id": str(tech.pk), "image_ids": [str(image.pk)]}
    connection.set_schema_to_public()

    make_picture_widths(**job.args)

    connection.set_tenant(tech)
    assert set(_written(media)) == {"own", "320", "480", "640", "1000"}
    assert read_product(find_columns("lamp")).images[0]["widths"] == [320, 480, 640, 1000]


def test_many_large_pictures_share_a_job_that_drops_what_is_kept_once(tech, media):
    images = [_uploaded(make_product(f"Lamp {n}"), (900, 900)) for n in range(3)]
    refresh_products([image.product_id for image in images])

    finish_pictures(images)

    job = ProcrastinateJob.objects.get(task_name="catalog.jobs.make_picture_widths")
    version, gone = catalogue_version(), str(images[0].pk)
    images[0].delete()
    make_picture_widths(**job.args)
    connection.set_tenant(tech)
    assert catalogue_version() == version + 1
    widths = [each.image_widths for each in Product.objects.order_by("name")[1:]]
    assert widths == [[[320, 480, 640]]] * 2
    # Those that are gone alone change nothing that pages have.
    make_picture_widths(str(tech.pk), [gone])
    connection.set_tenant(tech)
    assert catalogue_version() == version + 1


def test_a_job_that_runs_twice_or_after_a_stop_leaves_whole_files(tech, media):
    image = _uploaded(make_product("Lamp"), (1200, 900))
    arguments = {"tenant_id": str(tech.pk), "image_ids": [str(image.pk)]}
    make_picture_widths(**arguments)
    connection.set_tenant(tech)
    half = next(media.rglob("*-480.webp"))
    half.write_bytes(half.read_bytes()[:20])

    make_picture_widths(**arguments)

    assert _written(media)["480"] == (480, 360)
    assert len(list(media.rglob("*.webp"))) == 5


def test_a_job_for_what_is_gone_does_nothing(tech, outdoor, media):
    connection.set_tenant(tech)
    image = _uploaded(make_product("Lamp"), (1200, 900))
    arguments = {"tenant_id": str(tech.pk), "image_ids": [str(image.pk)]}
    stranger = {"tenant_id": str(outdoor.pk), "image_ids": [str(image.pk)]}

    make_picture_widths(**stranger)
    assert set(_written(media)) == {"own"}
    make_picture_widths(tenant_id="00000000-0000-0000-0000-000000000000", image_ids=[str(image.pk)])
    next(media.rglob("*.webp")).unlink()
    make_picture_widths(**arguments)
    connection.set_tenant(tech)
    assert ProductImage.objects.get().widths == []
    ProductImage.objects.all().delete()
    make_picture_widths(**arguments)

    assert _written(media) == {}


def test_widths_of_a_replaced_picture_are_not_given_to_the_new_one(tech, media):
    image = _uploaded(make_product("Lamp"), (900, 900))
    known = ProductImage.objects.get()
    image.file.save("picture.webp", ContentFile(b"another"), save=False)
    ProductImage.objects.filter(pk=image.pk).update(file=image.file.name)

    assert make_widths(known) is False
    assert ProductImage.objects.get().widths == []


def test_a_transparent_picture_stays_so_in_every_width(tech, media):
    image = ProductImage(product=make_product("Lamp"))
    clear = Image.new("RGBA", (800, 800), (*RED, 0))
    image.file.save("a.webp", clean_upload(_file(clear, "PNG"), side=1600), save=False)
    image.measure()
    image.save(force_insert=True)

    finish_pictures([image])

    with Image.open(next(media.rglob("*-320.webp"))) as narrow:
        assert narrow.convert("RGBA").getpixel((160, 160))[3] == 0


# --- On pages ---------------------------------------------------------------------------------


def test_pages_let_the_browser_choose_and_keep_the_place(tech, media, client_for):
    product = make_product("Lamp")
    for position in (1, 2):
        finish_pictures([_uploaded(product, (800, 800), position=position)])
    refresh_products([product.pk])
    first = product.images.first().file.url
    listed = f"{first[:-5]}-320.webp 320w, {first[:-5]}-480.webp 480w"

    card = client_for(tech).get("/products/").content.decode()
    page = client_for(tech).get("/products/lamp/").content.decode()

    (picture,) = re.findall(r'<div class="card-picture">(<img[^>]*>)', card)
    assert f'src="{first[:-5]}-320.webp"' in picture
    assert f'srcset="{listed}' in picture
    assert f"{first} 800w" in picture
    assert 'width="800" height="800"' in picture
    main, *others = re.findall(r"<img[^>]*>", page[page.index('class="gallery"') :])[:3]
    assert f'srcset="{listed}' in main
    assert 'loading="lazy"' not in main
    assert all("-320.webp" in other and 'loading="lazy"' in other for other in others)
    assert all("width=" in each and "height=" in each for each in (main, *others))


def test_pictures_out_of_sight_wait_and_those_in_sight_do_not(tech, client_for):
    for number in range(6):
        make_product(f"Lamp {number}", image="A lamp")

    page = client_for(tech).get("/products/").content.decode()

    pictures = re.findall(r'<div class="card-picture">(<img[^>]*>)', page)
    assert ["lazy" in picture for picture in pictures] == [False] * 4 + [True] * 2


def test_a_picture_of_one_width_has_no_choice(tech, client_for):
    make_product("Lamp", image="A lamp")

    assert "srcset" not in client_for(tech).get("/products/").content.decode()


# --- What is gone -----------------------------------------------------------------------------


def _due() -> list[ProcrastinateJob]:
    return list(ProcrastinateJob.objects.filter(task_name="catalog.jobs.delete_picture_files"))


def test_files_of_a_deleted_product_are_deleted_later_in_all_widths(tech, media):
    product, other = make_product("Lamp"), make_product("Chair")
    for each in (product, other):
        finish_pictures([_uploaded(each, (800, 800))])
    assert len(list(media.rglob("*.webp"))) == 8

    delete_products([product.pk])

    # A page that somebody still reads names them.
    assert len(list(media.rglob("*.webp"))) == 8
    (job,) = _due()
    assert job.scheduled_at is not None
    delete_picture_files(**job.args)
    connection.set_tenant(tech)
    left = {path.name.partition("-")[0].partition(".")[0] for path in media.rglob("*.webp")}
    assert left == {Path(other.images.get().file.name).stem}


def test_a_file_that_a_picture_has_or_another_shop_owns_is_never_deleted(tech, outdoor, media):
    connection.set_tenant(tech)
    image = _uploaded(make_product("Lamp"), (300, 300))
    name = image.file.name

    delete_picture_files(tenant_id=str(tech.pk), names=[name])
    connection.set_tenant(tech)
    image.delete()
    delete_picture_files(tenant_id=str(outdoor.pk), names=[name, "../../manage.py"])

    assert (media / name).exists()
