package upload

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strconv"

	"golang.org/x/image/webp"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// jpegQuality keeps text in screenshots readable.
const jpegQuality = 88

// anew decodes a picture and encodes it again: JPEG stays JPEG, everything else
// becomes PNG, of an animation the first frame. What a file carries beside its
// pixels is gone, and so is anything that is only half a picture.
func (k *Keeper) anew(ctx context.Context, data []byte, kind string) ([]byte, string, error) {
	config, read := decoder(kind)
	c, err := config(bytes.NewReader(data))
	if err != nil {
		return nil, "", fault.Wrap(fault.Invalid, &Refused{Why: Damaged, Cause: err}, "The picture is damaged.").WithField("file", "cannot be read as "+kind)
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > k.opts.MaxPixels/c.Height {
		most := strconv.Itoa(k.opts.MaxPixels / 1_000_000)
		return nil, "", fault.Wrap(fault.Limited, &Refused{Why: Pixels, Of: most}, "The picture has more than %s million pixels.", most).
			WithField("file", "make the picture smaller")
	}
	select {
	case k.decode <- struct{}{}:
		defer func() { <-k.decode }()
	case <-ctx.Done():
		return nil, "", fault.Wrap(fault.Unavailable, ctx.Err(), "Too many pictures at once. Try again in a moment.")
	}
	img, err := read(bytes.NewReader(data))
	if err != nil {
		return nil, "", fault.Wrap(fault.Invalid, &Refused{Why: Damaged, Cause: err}, "The picture is damaged.").WithField("file", "cannot be read as "+kind)
	}
	var out bytes.Buffer
	if kind == "image/jpeg" {
		err = jpeg.Encode(&out, turned(img, orientation(data)), &jpeg.Options{Quality: jpegQuality})
		kind = "image/jpeg"
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, img)
		kind = "image/png"
	}
	if err != nil {
		return nil, "", fault.Wrap(fault.Invalid, &Refused{Why: Damaged, Cause: err}, "The picture could not be made anew.")
	}
	return out.Bytes(), kind, nil
}

type (
	configReader = func(r *bytes.Reader) (image.Config, error)
	imageReader  = func(r *bytes.Reader) (image.Image, error)
)

// decoder returns the readers of a kind; the kind comes from the bytes, so no
// registry of formats is needed.
func decoder(kind string) (configReader, imageReader) {
	switch kind {
	case "image/jpeg":
		return func(r *bytes.Reader) (image.Config, error) { return jpeg.DecodeConfig(r) },
			func(r *bytes.Reader) (image.Image, error) { return jpeg.Decode(r) }
	case "image/gif":
		return func(r *bytes.Reader) (image.Config, error) { return gif.DecodeConfig(r) },
			func(r *bytes.Reader) (image.Image, error) { return gif.Decode(r) }
	case "image/webp":
		return func(r *bytes.Reader) (image.Config, error) { return webp.DecodeConfig(r) },
			func(r *bytes.Reader) (image.Image, error) { return webp.Decode(r) }
	}
	return func(r *bytes.Reader) (image.Config, error) { return png.DecodeConfig(r) },
		func(r *bytes.Reader) (image.Image, error) { return png.Decode(r) }
}

// orientation reads how a camera held the picture, 1…8, from the Exif part of a
// JPEG; 1 when it does not say. (Exif 2.3, 4.6.4: tag 0x0112 of IFD0.)
func orientation(data []byte) int {
	for i := 2; i+4 <= len(data) && data[i] == 0xff; {
		marker, size := data[i+1], int(binary.BigEndian.Uint16(data[i+2:]))
		if marker == 0xda || size < 2 || i+2+size > len(data) {
			return 1
		}
		seg := data[i+4 : i+2+size]
		i += 2 + size
		if marker != 0xe1 || len(seg) < 14 || string(seg[:6]) != "Exif\x00\x00" {
			continue
		}
		tiff := seg[6:]
		var order binary.ByteOrder = binary.BigEndian
		if string(tiff[:2]) == "II" {
			order = binary.LittleEndian
		}
		at := int(order.Uint32(tiff[4:]))
		if at < 8 || at+2 > len(tiff) {
			return 1
		}
		for n := int(order.Uint16(tiff[at:])); n > 0; n-- {
			entry := at + 2 + (n-1)*12
			if entry+12 > len(tiff) {
				continue
			}
			if order.Uint16(tiff[entry:]) == 0x0112 {
				if o := int(order.Uint16(tiff[entry+8:])); o >= 1 && o <= 8 {
					return o
				}
				return 1
			}
		}
		return 1
	}
	return 1
}

// turned returns the picture upright.
func turned(img image.Image, o int) image.Image {
	if o <= 1 || o > 8 {
		return img
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	src := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(src, src.Bounds(), img, b.Min, draw.Src)
	dw, dh := w, h
	if o >= 5 {
		dw, dh = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	for y := range h {
		for x := range w {
			dx, dy := x, y
			switch o {
			case 2:
				dx = w - 1 - x
			case 3:
				dx, dy = w-1-x, h-1-y
			case 4:
				dy = h - 1 - y
			case 5:
				dx, dy = y, x
			case 6:
				dx, dy = h-1-y, x
			case 7:
				dx, dy = h-1-y, w-1-x
			case 8:
				dx, dy = y, w-1-x
			}
			copy(dst.Pix[dst.PixOffset(dx, dy):dst.PixOffset(dx, dy)+4], src.Pix[src.PixOffset(x, y):src.PixOffset(x, y)+4])
		}
	}
	return dst
}
