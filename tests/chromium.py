"""The browser that pages are tested in, and what tells two of a canvas's pictures apart."""

import shutil

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

# One pixel in the middle tells nothing; the whole picture, as a number, does.
PICTURE = """canvas => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let sum = 0;
    for (let i = 0; i < pixels.length; i += 4) sum = (sum * 31 + pixels[i] + pixels[i + 3]) % 1000000007;
    return sum;
}"""
