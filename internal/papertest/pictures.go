package papertest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"regexp"
	"strconv"
	"testing"
)

var pictures = regexp.MustCompile(`(?s)/Subtype /Image.*?/Width (\d+).*?/Height (\d+).*?/BitsPerComponent 1\b.*?/Length (\d+)>>\r?\nstream\r?\n`)

// Pictures are the black and white pictures of a document of package paper, in order: QR codes, for a reader that is not ours. What a
// PDF keeps of a PNG is its data as it was.
func Pictures(t testing.TB, pdf []byte) (out []image.Image) {
	t.Helper()
	for _, m := range pictures.FindAllSubmatchIndex(pdf, -1) {
		number := func(i int) int {
			n, err := strconv.Atoi(string(pdf[m[2*i]:m[2*i+1]]))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		var file bytes.Buffer
		file.WriteString("\x89PNG\r\n\x1a\n")
		head := binary.BigEndian.AppendUint32(nil, uint32(number(1)))         //nolint:gosec // of a picture of ours
		head = append(binary.BigEndian.AppendUint32(head, uint32(number(2))), //nolint:gosec // of a picture of ours
			1, 3, 0, 0, 0)
		chunk(&file, "IHDR", head)
		chunk(&file, "PLTE", []byte{255, 255, 255, 0, 0, 0})
		chunk(&file, "IDAT", pdf[m[1]:m[1]+number(3)])
		chunk(&file, "IEND", nil)
		picture, err := png.Decode(&file)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, picture)
	}
	return out
}

func chunk(to *bytes.Buffer, kind string, data []byte) {
	to.Write(binary.BigEndian.AppendUint32(nil, uint32(len(data)))) //nolint:gosec // of a picture of ours
	body := append([]byte(kind), data...)
	to.Write(body)
	to.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
}
