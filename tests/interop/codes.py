"""Reads the codes on pictures of cards with zxing-cpp and with zbar.

Each line of standard input is a JSON object: "file" (a PNG), "qr" and "code128" (what must be read, exactly).
Answers one line per picture and decoder; ends with 1 if any of them read anything else.
"""

import json
import sys

import zxingcpp
from PIL import Image
from pyzbar import pyzbar
from pyzbar.pyzbar import ZBarSymbol


def with_zxing(picture):
    found = zxingcpp.read_barcodes(picture)
    kinds = {zxingcpp.BarcodeFormat.QRCode: "qr", zxingcpp.BarcodeFormat.Code128: "code128"}
    return sorted((kinds.get(code.format, str(code.format)), code.text) for code in found)


def with_zbar(picture):
    found = pyzbar.decode(picture, symbols=[ZBarSymbol.QRCODE, ZBarSymbol.CODE128])
    kinds = {"QRCODE": "qr", "CODE128": "code128"}
    return sorted((kinds[code.type], code.data.decode()) for code in found)


def main():
    good = True
    for line in sys.stdin:
        page = json.loads(line)
        picture = Image.open(page["file"]).convert("L")
        wanted = sorted([("qr", page["qr"]), ("code128", page["code128"])])
        for name, decode in [("zxing-cpp", with_zxing), ("zbar", with_zbar)]:
            read = decode(picture)
            kinds = [kind for kind, _ in read]
            good &= read == wanted
            print(page["file"].rsplit("/", 1)[-1], name, "ok" if read == wanted else f"read otherwise: {kinds}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
