package bot

import "testing"

func TestOnlyWish(t *testing.T) {
	for question, want := range map[string]bool{
		"a person please":                    true,
		"hi, can I speak to a human, thanks": true,
		"我要找人工客服":                            true,
		"转人工，谢谢":                             true,
		"My parcel says delivered but it is not here. I want to talk to a person":  false,
		"包裹显示已签收但是没有收到，我要找人工":                                                      false,
		"can somebody look at the double charge on my card for the two blue bowls": false,
	} {
		if got := onlyWish(question); got != want {
			t.Errorf("onlyWish(%q) = %v, want %v", question, got, want)
		}
	}
}
