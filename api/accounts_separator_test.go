package api_test

import (
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
)

// Spreadsheets separate values by commas, semicolons or tabs, as the country has it.
func TestImportSeparators(t *testing.T) {
	w := newWorld(t, setup{})
	admin := w.console(account.RoleAdministrator)
	for _, s := range []string{",", ";", "\t"} {
		file := strings.ReplaceAll("\ufeffemail,name,roles,skills,capacity,weight\r\nann@example.com,Ann,agent,lang:zh=5 billing,,250\r\n", ",", s)
		var got api.Imported
		admin.do("POST", "/accounts/import", map[string]any{"csv": file}).want(t, 200).into(t, &got)
		all := got.Changed
		for _, made := range got.Made {
			all = append(all, made.Account)
		}
		if len(all) != 1 || all[0].Email != "ann@example.com" || len(all[0].Skills) != 2 || all[0].Capacity != 4 || all[0].Weight != 250 {
			t.Errorf("%q: %+v", s, all)
		}
	}
}
