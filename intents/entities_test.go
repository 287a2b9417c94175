package intents

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestExtract(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) // a Monday
	for _, c := range []struct {
		text string
		want string // type=value, parted by "; "
	}{
		{"where is order 10023344", "order_number=10023344"},
		{"my order number is ab-12345, thanks", "order_number=AB-12345"},
		{"order #4821 and order: 7781-B2", "order_number=4821; order_number=7781-B2"},
		{"purchase 1002 3344 5566 is late", "order_number=100233445566"},
		{"I want to order 2 mugs and 15 plates", ""},
		{"I placed an order in 2024", ""},
		{"tracking 1Z999AA10123456784", "order_number=1Z999AA10123456784"},
		{"#88120 please", "order_number=88120"},
		{"我的订单号是20261123001到哪了", "order_number=20261123001"},
		{"单号SF1234567890", "order_number=SF1234567890"},
		{"訂單編號：AB７７８１２", "order_number=AB77812"},
		{"手机13812345678", "phone=+8613812345678"},
		{"call me at 138-1234-5678", "phone=+8613812345678"},
		{"+86 138 1234 5678", "phone=+8613812345678"},
		{"电话是０１０-６２３４５６７８", "phone=+861062345678"},
		{"客服400-820-8820", "phone=+864008208820"},
		{"reach me on (415) 555-2671 or 415.555.2672", "phone=+14155552671; phone=+14155552672"},
		{"+44 20 7946 0958", "phone=+442079460958"},
		{"my mobile is 4155552671", "phone=+14155552671"},
		{"0912-345-678 是我的手機", "phone=+886912345678"},
		{"Write to Anna.Lee+shop@Example.co.uk.", "email=anna.lee+shop@example.co.uk"},
		{"邮箱test@qq.com，谢谢", "email=test@qq.com"},
		{"it cost $12.50", "money=USD 12.50"},
		{"1,299 euros and £20", "money=EUR 1299.00; money=GBP 20.00"},
		{"扣了我299元", "money=CNY 299.00"},
		{"退我3块5", "money=CNY 3.50"},
		{"买3块蛋糕", ""},
		{"￥１２８", "money=CNY 128.00"},
		{"大概1.5万元吧", "money=CNY 15000.00"},
		{"HK$500 or NT$1,200", "money=HKD 500.00; money=TWD 1200.00"},
		{"delivered on 2026-11-20", "date=2026-11-20"},
		{"on 11/05/2026 and 25/12/2026 and 5.1.2027", "date=2026-11-05; date=2026-12-25; date=2027-01-05"},
		{"Nov 30th or 3 December 2025", "date=2026-11-30; date=2025-12-03"},
		{"since January 4", "date=2027-01-04"},
		{"30 February", ""},
		{"I may 5", "date=2027-05-05"},
		{"tomorrow or the day after tomorrow", "date=2026-11-24; date=2026-11-25"},
		{"3 days ago, in two weeks", "date=2026-11-20; date=2026-12-07"},
		{"I waited for three days", ""},
		{"last Friday, next Monday, on Thursday", "date=2026-11-20; date=2026-11-30; date=2026-11-26"},
		{"the sun is hot, we sat down", ""},
		{"last week", "date=2026-W47"},
		{"2026年11月20日下的单", "date=2026-11-20"},
		{"12月3号送到", "date=2026-12-03"},
		{"昨天买的，后天要用", "date=2026-11-22; date=2026-11-25"},
		{"上周五到下週三", "date=2026-11-20; date=2026-12-02"},
		{"三天前付款，十五天后到", "date=2026-11-20; date=2026-12-08"},
		{"上个月的账单", "date=2026-10"},
		{"order 20261123001 paid $20 on 2026-11-20, call 13812345678", "order_number=20261123001; money=USD 20.00; date=2026-11-20; phone=+8613812345678"},
		{"", ""},
		{"😀😀", ""},
	} {
		var got []string
		for _, e := range Extract(c.text, now) {
			got = append(got, string(e.Type)+"="+e.Value)
			if e.Text != c.text[e.Start:e.End] || e.Text == "" {
				t.Errorf("%q: %+v does not quote the text at its offsets", c.text, e)
			}
		}
		if diff := cmp.Diff(c.want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, diff)
		}
	}
}

func FuzzExtract(f *testing.F) {
	for _, s := range []string{"order 12345678", "１３８１２３４５６７８", "3块5元\xff\xfe", "2026年13月40日", "+1 (415) 555-2671", "周日上上周三前天"} {
		f.Add(s)
	}
	now := time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, e := range Extract(s, now) {
			if e.Start < last || e.End <= e.Start || e.End > len(s) || e.Text != s[e.Start:e.End] || e.Value == "" {
				t.Fatalf("%q: bad entity %+v", s, e)
			}
			last = e.End
		}
	})
}
