package handoff

import (
	"strings"
	"testing"
)

func TestLeftFilesAreNamedInBothLanguages(t *testing.T) {
	for _, c := range []struct {
		file   LeftFile
		en, zh string
	}{
		{LeftFile{Name: "a.txt"}, "a.txt", "a.txt"},
		{LeftFile{Why: LeftEmpty}, "? (the file is empty)", "?（文件是空的）"},
		{LeftFile{Name: "a", Why: LeftCut}, "a (it did not arrive whole)", "a（没有完整收到）"},
		{LeftFile{"a", LeftMany, "10"}, "a (an e-mail has more than 10 files)", "a（一封邮件的附件超过 10 个）"},
		{LeftFile{"…", LeftLong, "30"}, "… (the e-mail is larger than 30 MB)", "…（邮件超过 30 MB）"},
		{LeftFile{"a", LeftLarge, "20"}, "a (the file is larger than 20 MB)", "a（文件超过 20 MB）"},
		{LeftFile{"a", LeftPixels, "40"}, "a (the picture has more than 40 million pixels)", "a（图片超过 4000 万像素）"},
		{LeftFile{Name: "a", Why: LeftDamaged}, "a (the picture is damaged)", "a（图片已损坏）"},
		{LeftFile{"a", LeftKind, "text/html"}, "a (files of this kind are not taken: text/html)", "a（不接收这类文件：text/html）"},
	} {
		if en, zh := c.file.say("en"), c.file.say("zh"); en != c.en || zh != c.zh || strings.Contains(zh, "(") {
			t.Errorf("%+v is said as %q and %q", c.file, en, zh)
		}
	}
}
