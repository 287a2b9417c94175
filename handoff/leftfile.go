package handoff

// LeftFile is a file of a mail that was not taken.
type LeftFile struct {
	Name string // "": it has none
	Why  LeftWhy
	Of   string // the bound or the kind that Why is about
}

// LeftWhy is why a file of a mail was not taken.
type LeftWhy string

// The closed list of reasons; Of is what stands behind each.
const (
	LeftUnsaid  LeftWhy = ""     // what machines send is named alone
	LeftCut     LeftWhy = "cut"  // it did not arrive whole
	LeftMany    LeftWhy = "many" // files that an e-mail may have
	LeftLong    LeftWhy = "long" // megabytes that an e-mail may have
	LeftEmpty   LeftWhy = "empty"
	LeftLarge   LeftWhy = "large"    // megabytes that a file may have
	LeftPixels  LeftWhy = "pixels"   // millions of them that a picture may have
	LeftDamaged LeftWhy = "damaged"  // a picture
	LeftKind    LeftWhy = "not_kind" // its media type
)

// say names the file with the reason, in the ticket's language.
func (f LeftFile) say(language string) string {
	why := ""
	switch f.Why {
	case LeftUnsaid:
	case LeftCut:
		why = words(language, "it did not arrive whole", "没有完整收到")
	case LeftMany:
		why = words(language, "an e-mail has more than "+f.Of+" files", "一封邮件的附件超过 "+f.Of+" 个")
	case LeftLong:
		why = words(language, "the e-mail is larger than "+f.Of+" MB", "邮件超过 "+f.Of+" MB")
	case LeftEmpty:
		why = words(language, "the file is empty", "文件是空的")
	case LeftLarge:
		why = words(language, "the file is larger than "+f.Of+" MB", "文件超过 "+f.Of+" MB")
	case LeftPixels:
		why = words(language, "the picture has more than "+f.Of+" million pixels", "图片超过 "+f.Of+"00 万像素")
	case LeftDamaged:
		why = words(language, "the picture is damaged", "图片已损坏")
	case LeftKind:
		why = words(language, "files of this kind are not taken: "+f.Of, "不接收这类文件："+f.Of)
	}
	name := f.Name
	if name == "" {
		name = "?"
	}
	if why == "" {
		return name
	}
	return name + words(language, " ("+why+")", "（"+why+"）")
}
