package workshops

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

const (
	// quietZone is the blank border that ISO/IEC 18004 asks for, in modules; without it scanners miss the code on dark screens.
	quietZone = 4
	maxQRSize = 2048 // pixels a side
)

// qrModules is text as a QR code, row by row, true where it is dark, without a quiet zone; with error correction M (15 %).
func qrModules(text string) ([][]bool, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, errors.New("qr: the text is too long") // the library's error repeats the text, which is a credential
	}
	rows := make([][]bool, code.Bounds().Dy())
	for y := range rows {
		rows[y] = make([]bool, code.Bounds().Dx())
		for x := range rows[y] {
			rows[y][x] = dark(code, x, y)
		}
	}
	return rows, nil
}

// QRPNG draws text as a QR code of size pixels a side, quiet zone included, with error correction M (15 %).
// Modules are whole pixels; what is left over widens the quiet zone.
func QRPNG(text string, size int) ([]byte, error) {
	if text == "" || size < 1 || size > maxQRSize {
		return nil, fmt.Errorf("qr: needs a text and a size from 1 to %d", maxQRSize)
	}
	code, err := qrModules(text)
	if err != nil {
		return nil, err
	}
	modules := len(code)
	scale := size / (modules + 2*quietZone)
	if scale < 1 {
		return nil, fmt.Errorf("qr: this text needs at least %d pixels", modules+2*quietZone)
	}
	margin := (size - modules*scale) / 2
	picture := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{color.White, color.Black})
	for y := range modules * scale {
		for x := range modules * scale {
			if code[y/scale][x/scale] {
				picture.SetColorIndex(margin+x, margin+y, 1)
			}
		}
	}
	var out bytes.Buffer
	err = png.Encode(&out, picture)
	return out.Bytes(), err
}

func dark(code barcode.Barcode, x, y int) bool {
	r, _, _, _ := code.At(x, y).RGBA()
	return r == 0
}
