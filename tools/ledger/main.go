// Command ledger verifies a Plateward ledger with code that shares nothing with Plateward: Go's own golang.org/x/mod/sumdb.
//
//	tools/ledger/check.sh FOLDER [VKEY]
//
// It checks the checkpoint's signature, computes the root from every entry, compares it with the root that the hash tiles lead to
// and the one that was signed, and proves entries all over the tree and every earlier hundredth of it by proofs made from the tiles.
// Without VKEY it takes the key in FOLDER/log.vkey, which shows that the files belong together and not whose they are.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height, width = 8, 256

func main() {
	if len(os.Args) < 2 {
		fail("usage: tools/ledger/check.sh FOLDER [VKEY]")
	}
	begin := time.Now()
	folder := os.Args[1]
	tree := checkpoint(folder)
	leaves, root := entries(folder, tree.N)
	if root != tree.Hash {
		fail("the entries lead to root %v, and %v was signed", root, tree.Hash)
	}
	reader := tlog.TileHashReader(tree, tiles{folder})
	inclusions := prove(tree, leaves, reader)
	consistencies := grow(tree, leaves, reader)
	fmt.Printf("ok: %d entries, root %v, %d inclusion and %d consistency proofs, %.1f s\n",
		tree.N, tree.Hash, inclusions, consistencies, time.Since(begin).Seconds())
}

// checkpoint is the signed tree head of the ledger, its signature checked.
func checkpoint(folder string) tlog.Tree {
	key := strings.TrimSpace(string(read(filepath.Join(folder, "log.vkey"))))
	if len(os.Args) > 2 {
		key = os.Args[2]
	}
	verifier, err := note.NewVerifier(key)
	check(err)
	signed, err := note.Open(read(filepath.Join(folder, "checkpoint")), note.VerifierList(verifier))
	check(err)
	origin, rest, _ := strings.Cut(signed.Text, "\n")
	if origin != verifier.Name() {
		fail("the checkpoint is of %q, and the key of %q", origin, verifier.Name())
	}
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + rest))
	check(err)
	return tree
}

// entries are the hashes of all entries in their bundles, and the root that they lead to by the library's own storage.
func entries(folder string, size int64) ([]tlog.Hash, tlog.Hash) {
	var stored []tlog.Hash
	var leaves []tlog.Hash
	hashes := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(at))
		for i, place := range at {
			found[i] = stored[place]
		}
		return found, nil
	})
	for begin := int64(0); begin < size; begin += width {
		data := read(filepath.Join(folder, path("entries", begin/width, min(width, size-begin))))
		for len(data) > 0 {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				fail("the bundle of entries %d to %d is cut short", begin, begin+width-1)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			leaves = append(leaves, tlog.RecordHash(data[2:end]))
			more, err := tlog.StoredHashesForRecordHash(int64(len(leaves)-1), leaves[len(leaves)-1], hashes)
			check(err)
			stored = append(stored, more...)
			data = data[end:]
		}
	}
	if int64(len(leaves)) != size {
		fail("%d entries in the bundles, and the checkpoint says %d", len(leaves), size)
	}
	root, err := tlog.TreeHash(size, hashes)
	check(err)
	return leaves, root
}

// prove makes and checks inclusion proofs of up to a thousand entries from the tiles.
func prove(tree tlog.Tree, leaves []tlog.Hash, reader tlog.HashReader) (count int) {
	for at := int64(0); at < tree.N; at += max(1, tree.N/1000) {
		proof, err := tlog.ProveRecord(tree.N, at, reader)
		check(err)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, at, leaves[at]))
		count++
	}
	return count
}

// grow makes and checks consistency proofs from earlier sizes, whose roots are computed from the tiles.
func grow(tree tlog.Tree, leaves []tlog.Hash, reader tlog.HashReader) (count int) {
	for old := int64(1); old < tree.N; old += max(1, tree.N/100) {
		root, err := tlog.TreeHash(old, reader)
		check(err)
		proof, err := tlog.ProveTree(tree.N, old, reader)
		check(err)
		check(tlog.CheckTree(proof, tree.N, tree.Hash, old, root))
		count++
	}
	return count
}

// tiles reads hash tiles where C2SP's tlog-tiles puts them.
type tiles struct{ folder string }

func (t tiles) Height() int                             { return height }
func (t tiles) SaveTiles(tiles []tlog.Tile, _ [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		data, err := os.ReadFile(filepath.Join(t.folder, path(fmt.Sprint(tile.L), tile.N, int64(tile.W))))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

// path is a tile's: x001/x234/067 for number 1234067, and .p/W where it is not full.
func path(level string, number, wide int64) string {
	name := fmt.Sprintf("%03d", number%1000)
	for number >= 1000 {
		number /= 1000
		name = fmt.Sprintf("x%03d/%s", number%1000, name)
	}
	if wide < width {
		name = fmt.Sprintf("%s.p/%d", name, wide)
	}
	return "tile/" + level + "/" + name
}

func read(file string) []byte {
	data, err := os.ReadFile(file)
	check(err)
	return data
}

func check(err error) {
	if err != nil {
		fail("%v", err)
	}
}

func fail(format string, more ...any) {
	fmt.Fprintf(os.Stderr, "FAILED: "+format+"\n", more...)
	os.Exit(1)
}
