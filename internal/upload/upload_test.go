package upload_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
	"github.com/frontdesk-chat/frontdesk/internal/upload"
)

const ws = id.DefaultWorkspace

func open(t *testing.T) (*upload.Keeper, *sqlite.DB, string) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	dir := t.TempDir() + "/files"
	k, err := upload.New(dir, db.Uploads(), func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }, &upload.Options{MaxBytes: 1 << 20, MaxPixels: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	return k, db, dir
}

func picture(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(x * 255 / w), uint8(y * 255 / h), 90, 255})
		}
	}
	return m
}

func pngOf(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif returns a JPEG with an Exif part that holds an orientation and a
// place.
func withExif(t *testing.T, m image.Image, orientation uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, orientation)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	seg := append([]byte("Exif\x00\x00"), tiff...)
	seg = append(seg, "GPS 52.5200 13.4050"...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(seg)+2))
	return append(append(head, seg...), b.Bytes()[2:]...)
}

func save(t *testing.T, k *upload.Keeper, name string, data []byte) (upload.File, error) {
	t.Helper()
	return k.Save(t.Context(), upload.File{Workspace: ws, Visitor: "v1", Name: name}, bytes.NewReader(data))
}

func bytesOf(t *testing.T, k *upload.Keeper, f upload.File) []byte {
	t.Helper()
	r, err := k.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPicturesAreMadeAnew(t *testing.T) {
	k, _, _ := open(t)
	f, err := save(t, k, "holiday.JPEG", withExif(t, picture(40, 20), 6))
	if err != nil {
		t.Fatal(err)
	}
	data := bytesOf(t, k, f)
	if f.Type != "image/jpeg" || f.Name != "holiday.JPEG" || !f.Inline() || int64(len(data)) != f.Size {
		t.Errorf("stored as %+v", f)
	}
	if bytes.Contains(data, []byte("GPS")) || bytes.Contains(data, []byte("Exif")) {
		t.Error("the place the photo was taken is still in it")
	}
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if b := m.Bounds(); b.Dx() != 20 || b.Dy() != 40 {
		t.Errorf("turned by a quarter it is %v, want 20 × 40", b)
	}
	// Orientation 6: what the camera wrote in the lower left corner belongs in the upper left.
	if r, g, _, _ := m.At(1, 1).RGBA(); r>>8 > 40 || g>>8 < 200 {
		t.Errorf("upper left corner is red %d green %d, want the camera's lower left", r>>8, g>>8)
	}

	var anim bytes.Buffer
	pal := []color.Color{color.White, color.Black}
	if err := gif.EncodeAll(&anim, &gif.GIF{Image: []*image.Paletted{image.NewPaletted(image.Rect(0, 0, 4, 4), pal), image.NewPaletted(image.Rect(0, 0, 4, 4), pal)}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	if f, err := save(t, k, "a.gif", anim.Bytes()); err != nil || f.Type != "image/png" || f.Name != "a.png" {
		t.Errorf("gif: %+v %v", f, err)
	}
	// What follows the picture (a polyglot's second half) is not kept.
	poly := append(pngOf(t, picture(8, 8)), "<script>alert(1)</script>"...)
	if f, err := save(t, k, "p.png", poly); err != nil || bytes.Contains(bytesOf(t, k, f), []byte("script")) {
		t.Errorf("polyglot: %+v %v", f, err)
	}
}

func TestAttacksAreRefused(t *testing.T) {
	k, _, dir := open(t)
	huge := pngOf(t, picture(8, 8))
	binary.BigEndian.PutUint32(huge[16:], 50_000) // width and height in the header
	binary.BigEndian.PutUint32(huge[20:], 50_000)
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	for name, c := range map[string]struct {
		data []byte
		kind fault.Kind
		why  upload.Reason
	}{
		"page.png":   {[]byte("<!DOCTYPE html><html><script>alert(1)</script></html>"), fault.Invalid, upload.NotKind},
		"logo.png":   {[]byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), fault.Invalid, upload.NotKind},
		"plain.svg":  {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), fault.Invalid, upload.NotKind},
		"feed.txt":   {[]byte(`<?xml version="1.0"?><rss></rss>`), fault.Invalid, upload.NotKind},
		"run.exe":    {append([]byte("MZ"), make([]byte, 200)...), fault.Invalid, upload.NotKind},
		"huge.png":   {huge, fault.Limited, upload.Pixels},
		"broken.png": {pngOf(t, picture(8, 8))[:40], fault.Invalid, upload.Damaged},
		"empty.txt":  {nil, fault.Invalid, upload.Empty},
		"large.txt":  {bytes.Repeat([]byte("a"), 1<<20+1), fault.Limited, upload.Large},
	} {
		f, err := save(t, k, name, c.data)
		if why := (*upload.Refused)(nil); !fault.Is(err, c.kind) || !errors.As(err, &why) || why.Why != c.why {
			t.Errorf("%s: stored as %s, error %v, want %s, %s", name, f.Type, err, c.kind, c.why)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("refused files left %d behind (%v)", len(left), err)
	}
}

func TestNamesAreHarmless(t *testing.T) {
	k, _, dir := open(t)
	for name, want := range map[string]string{
		"../../etc/passwd":                "passwd",
		`C:\Users\me\order.txt`:           "order.txt",
		"a\r\nSet-Cookie: x=1.txt":        "aSet-Cookie x=1.txt",
		"invoice\u202egnp.txt":            "invoicegnp.txt",
		"\x00":                            "file",
		"订单 2026.txt":                     "订单 2026.txt",
		strings.Repeat("x", 300) + ".txt": strings.Repeat("x", 100) + "…" + strings.Repeat("x", 15) + ".txt",
	} {
		f, err := save(t, k, name, []byte("order 123"))
		if err != nil || f.Name != want {
			t.Errorf("%q became %q (%v), want %q", name, f.Name, err, want)
		}
		if strings.Contains(f.Key, "order") || len(f.Key) != 40 {
			t.Errorf("%q is stored under %q", name, f.Key)
		}
	}
	if _, err := k.Open(upload.File{Key: "../" + strings.Repeat("a", 37)}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a key that leaves %s was opened: %v", dir, err)
	}
}

func TestDocumentsAreKeptAsTheyAre(t *testing.T) {
	k, _, _ := open(t)
	var z bytes.Buffer
	zw := zip.NewWriter(&z)
	w, _ := zw.Create("a.txt")
	w.Write([]byte("hello"))
	zw.Close()
	for name, c := range map[string]struct {
		data []byte
		kind string
	}{
		"a.zip": {z.Bytes(), "application/zip"},
		"a.pdf": {[]byte("%PDF-1.7\n%âãÏÓ\n"), "application/pdf"},
		"a.txt": {[]byte("order 123, please"), "text/plain"},
	} {
		f, err := save(t, k, name, c.data)
		if err != nil || f.Type != c.kind || f.Inline() || !bytes.Equal(bytesOf(t, k, f), c.data) {
			t.Errorf("%s: %+v %v, want %s unchanged and not inline", name, f, err, c.kind)
		}
	}
}

func TestWhoMayRead(t *testing.T) {
	k, db, _ := open(t)
	f, err := k.Save(t.Context(), upload.File{Workspace: ws, Account: "a1", Name: "form.txt"}, strings.NewReader("fill in"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Conversations().Open(t.Context(), bot.Conversation{Workspace: ws, Inbox: "shop", Visitor: "v1", ClientConvID: id.New(), CreatedAt: time.Now()},
		bot.Key{Sender: bot.Author{Kind: bot.AuthorVisitor, ID: "v1"}, ClientMsgID: id.New()},
		func(bot.Conversation) (bot.Change, error) { return bot.Change{}, nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.ForVisitor(t.Context(), ws, f.ID, "v1"); !fault.Is(err, fault.NotFound) {
		t.Errorf("before it was sent: %v", err)
	}
	if err := k.Used(t.Context(), ws, string(c.Conversation.ID), []string{f.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.ForVisitor(t.Context(), ws, f.ID, "v1"); err != nil {
		t.Errorf("after it was sent: %v", err)
	}
	for name, try := range map[string]func() (upload.File, error){
		"another visitor":   func() (upload.File, error) { return k.ForVisitor(t.Context(), ws, f.ID, "v2") },
		"nobody":            func() (upload.File, error) { return k.ForVisitor(t.Context(), ws, f.ID, "") },
		"another workspace": func() (upload.File, error) { return k.ForAgent(t.Context(), "other", f.ID) },
	} {
		if _, err := try(); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, want not found", name, err)
		}
	}
	if _, err := k.Take(t.Context(), ws, "v1", "", []string{f.ID}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a visitor attached an agent's file: %v", err)
	}
	if got, err := k.Take(t.Context(), ws, "", "a1", []string{f.ID}); err != nil || len(got) != 1 {
		t.Errorf("the agent's own: %v %v", got, err)
	}
}

func TestSweepRemovesWhatNoRowNames(t *testing.T) {
	k, _, dir := open(t)
	f, err := save(t, k, "a.txt", []byte("kept"))
	if err != nil {
		t.Fatal(err)
	}
	orphan, fresh := dir+"/"+strings.Repeat("0", 40), dir+"/"+strings.Repeat("1", 40)
	for _, p := range []string{orphan, fresh} {
		if err := os.WriteFile(p, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-2 * time.Hour)
	for _, p := range []string{orphan, dir + "/" + f.Key} {
		if err := os.Chtimes(p, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := k.Sweep(t.Context()); err != nil || n != 1 {
		t.Fatalf("removed %d (%v), want the orphan alone", n, err)
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Errorf("a file that may be about to get its row is gone: %v", err)
	}
	bytesOf(t, k, f)
}
