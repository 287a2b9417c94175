package bot

import "testing"

func TestForms(t *testing.T) {
	for words, want := range map[string]struct{ instructs, inquires, lightens bool }{
		"please cancel my order 4711":        {true, false, false},
		"can you move it to Friday":          {true, false, false},
		"帮我改一下地址":                            {true, false, false},
		"把我的课改到周六":                           {true, false, false},
		"can I cancel my order?":             {false, true, false},
		"how do I change my address":         {false, true, false},
		"怎么把订单取消":                            {false, true, false},
		"可以取消订单吗":                            {false, true, false},
		"this is a disgrace":                 {false, false, false},
		"my last hotel was a nightmare":      {false, false, true},
		"I see, annoying but makes sense":    {false, false, true},
		"气死我了":                               {false, false, false},
		"之前在别家被坑惨了":                          {false, false, true},
		"damn, my design is ugly haha":       {false, false, true},
		"":                                   {false, false, false},
		"cancel":                             {false, false, false},
		"\u200b":                             {false, false, false},
		"ok then switch me to the Max plan":  {true, false, false},
		"thanks, send me a copy of the bill": {true, false, false},
	} {
		if got := instructs(words); got != want.instructs {
			t.Errorf("instructs(%q) = %v", words, got)
		}
		if got := inquires(words); got != want.inquires {
			t.Errorf("inquires(%q) = %v", words, got)
		}
		if got := lightens(words); got != want.lightens {
			t.Errorf("lightens(%q) = %v", words, got)
		}
	}
}
