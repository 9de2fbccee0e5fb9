package main

import (
	"encoding/hex"
	"fmt"
	"os"
	"time"

	"github.com/btcsuite/btcd/btcutil"
	"github.com/btcsuite/btcd/btcutil/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg"
	"github.com/btcsuite/btcwallet/snacl"
	"github.com/btcsuite/btcwallet/waddrmgr"
	"github.com/btcsuite/btcwallet/wallet"
	_ "github.com/btcsuite/btcwallet/walletdb/bdb" // the database type that the loader asks for
	"github.com/lightningnetwork/lnd/keychain"
)

type deriveQuestion struct {
	Entropy     string `json:"entropy"` // hex, 16 bytes
	Network     string `json:"network"`
	LastAccount uint32 `json:"lastAccount"` // accounts 0 to this one are made under m/1017'/coin'; lnd makes 255
}

type deriveAnswer struct {
	MasterFingerprint string    `json:"masterFingerprint"`
	NodeID            string    `json:"nodeId"`
	Families          []string  `json:"families"` // public keys of families 0 to 9 at index 0
	Accounts          []account `json:"accounts"` // in lnd's order: 49', 84', 86', then 1017'
}

// account has the values of lnd's walletrpc.Account that a derivation decides.
type account struct {
	Name              string `json:"name"`
	ExtendedPublicKey string `json:"extended_public_key"`
	DerivationPath    string `json:"derivation_path"`
}

type network struct {
	params *chaincfg.Params
	coin   uint32 // lnd's own choice (chainreg/chainparams.go), not the registered coin type
}

var networks = map[string]network{
	"mainnet": {&chaincfg.MainNetParams, keychain.CoinTypeBitcoin},
	"testnet": {&chaincfg.TestNet3Params, keychain.CoinTypeTestnet},
	"signet":  {&chaincfg.SigNetParams, keychain.CoinTypeTestnet},
	"simnet":  {&chaincfg.SimNetParams, keychain.CoinTypeTestnet},
	"regtest": {&chaincfg.RegressionNetParams, keychain.CoinTypeTestnet},
}

// The wallet's own encryption is not asked about: its scrypt would be most of the time.
func init() {
	waddrmgr.SetSecretKeyGen(func(passphrase *[]byte, _ *waddrmgr.ScryptOptions) (*snacl.SecretKey, error) {
		fast := waddrmgr.FastScryptOptions
		return snacl.NewSecretKey(passphrase, fast.N, fast.R, fast.P)
	})
}

// derive makes a wallet from the entropy in the steps of lnd's own start (lnwallet/btcwallet/btcwallet.go Start), since
// which key was read back from the database, and which was still in memory, decides how a leading zero byte is treated.
func derive(q deriveQuestion) (deriveAnswer, error) {
	entropy := make([]byte, 16)
	if err := fixed(entropy, q.Entropy); err != nil {
		return deriveAnswer{}, err
	}
	net, known := networks[q.Network]
	if !known {
		return deriveAnswer{}, fmt.Errorf("unknown network %q", q.Network)
	}
	folder, err := os.MkdirTemp(memoryFolder(), "oracle-wallet-")
	if err != nil {
		return deriveAnswer{}, err
	}
	defer os.RemoveAll(folder)

	loader := wallet.NewLoader(net.params, folder, true, time.Minute, 0)
	passphrase := []byte("passphrase")
	w, err := loader.CreateNewWallet(passphrase, passphrase, entropy, time.Time{})
	if err != nil {
		return deriveAnswer{}, err
	}
	defer loader.UnloadWallet()
	if err := w.Unlock(passphrase, nil); err != nil {
		return deriveAnswer{}, err
	}
	lightning := waddrmgr.KeyScope{Purpose: keychain.BIP0043Purpose, Coin: net.coin}
	manager, err := w.AddScopeManager(lightning, waddrmgr.ScopeAddrSchema{
		ExternalAddrType: waddrmgr.WitnessPubKey,
		InternalAddrType: waddrmgr.WitnessPubKey,
	})
	if err != nil {
		return deriveAnswer{}, err
	}
	if err := w.InitAccounts(manager, false, q.LastAccount); err != nil {
		return deriveAnswer{}, err
	}
	return describe(w, lightning, entropy, net)
}

func describe(w *wallet.Wallet, lightning waddrmgr.KeyScope, entropy []byte, net network) (deriveAnswer, error) {
	var a deriveAnswer
	ring := keychain.NewBtcWalletKeyRing(w, net.coin)
	for family := range keychain.KeyFamily(10) {
		key, err := ring.DeriveKey(keychain.KeyLocator{Family: family})
		if err != nil {
			return a, err
		}
		a.Families = append(a.Families, hex.EncodeToString(key.PubKey.SerializeCompressed()))
	}
	a.NodeID = a.Families[keychain.KeyFamilyNodeKey]

	for _, scope := range []waddrmgr.KeyScope{
		waddrmgr.KeyScopeBIP0049Plus, waddrmgr.KeyScopeBIP0084, waddrmgr.KeyScopeBIP0086, lightning,
	} {
		found, err := w.Accounts(scope)
		if err != nil {
			return a, err
		}
		for _, properties := range found.Accounts {
			if properties.AccountNumber == waddrmgr.ImportedAddrAccount {
				continue
			}
			a.Accounts = append(a.Accounts, account{
				Name:              properties.AccountName,
				ExtendedPublicKey: properties.AccountPubKey.String(),
				DerivationPath:    fmt.Sprintf("%v/%v'", scope, properties.AccountNumber),
			})
		}
	}

	master, err := hdkeychain.NewMaster(entropy, net.params)
	if err != nil {
		return a, err
	}
	key, err := master.ECPubKey()
	if err != nil {
		return a, err
	}
	a.MasterFingerprint = hex.EncodeToString(btcutil.Hash160(key.SerializeCompressed())[:4])
	return a, nil
}

// memoryFolder spares the many small database syncs where Linux has a folder in memory.
func memoryFolder() string {
	const shared = "/dev/shm"
	if info, err := os.Stat(shared); err == nil && info.IsDir() {
		return shared
	}
	return os.TempDir()
}
