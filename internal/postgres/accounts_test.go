package postgres

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/storetest"
)

func TestAccountStores(t *testing.T) {
	storetest.RunAccounts(t, func(t *testing.T) storetest.AccountStores {
		db := openTest(t)
		return storetest.AccountStores{Accounts: db.Accounts(), Uploads: db.Uploads(), Timeline: db.Conversations(), Lists: db.Conversations()}
	})
}
