package intents

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/gob"
	"math"
	"slices"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/linear"
)

// Artefacts begin with a magic that names kind and version of their format,
// followed by the SHA-256 of the rest, a gob stream. Large tables travel as
// bfloat16: three significant digits, which is more than a logistic weight has.
const (
	// ModelFormat names the form of trained models: one of another form has to be
	// trained anew.
	ModelFormat = "FDINTENT3"

	magicModel = ModelFormat + "\n"
	magicHeads = "FDHEADS03\n"
	magicSpace = "FDSPACE01\n"
)

// seal frames a value as an artefact.
func seal(magic string, v any) ([]byte, error) {
	var body bytes.Buffer
	if err := gob.NewEncoder(&body).Encode(v); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the model cannot be written")
	}
	sum := sha256.Sum256(body.Bytes())
	return append(append([]byte(magic), sum[:]...), body.Bytes()...), nil
}

// unseal checks the frame and decodes. Errors are Invalid: a file of another
// kind or version, a damaged one.
func unseal(magic string, data []byte, v any) error {
	if len(data) < len(magic)+sha256.Size || string(data[:len(magic)]) != magic {
		return fault.New(fault.Invalid, "this is no model of the form %q", magic[:len(magic)-1])
	}
	body := data[len(magic)+sha256.Size:]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], data[len(magic):len(magic)+sha256.Size]) {
		return fault.New(fault.Invalid, "the model is damaged: its checksum does not fit")
	}
	if err := gob.NewDecoder(bytes.NewReader(body)).Decode(v); err != nil {
		return fault.Wrap(fault.Invalid, err, "the model cannot be read")
	}
	return nil
}

// packed is a table of float32 as bfloat16.
type packed []byte

func pack(v []float32) packed {
	out := make(packed, 2*len(v))
	for i, f := range v {
		b := math.Float32bits(f)
		b += 0x7fff + b>>16&1 // to nearest, ties to even
		binary.LittleEndian.PutUint16(out[2*i:], uint16(b>>16))
	}
	return out
}

func (p packed) unpack() []float32 {
	out := make([]float32, len(p)/2)
	for i := range out {
		out[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(p[2*i:])) << 16)
	}
	return out
}

func packAll(rows [][]float32) packed {
	var all []float32
	for _, r := range rows {
		all = append(all, r...)
	}
	return pack(all)
}

// unpackRows cuts a table into rows of width; nil when it does not divide.
func (p packed) unpackRows(width int) [][]float32 {
	all := p.unpack()
	if width == 0 || len(all)%width != 0 {
		return nil
	}
	rows := make([][]float32, len(all)/width)
	for i := range rows {
		rows[i] = all[i*width : (i+1)*width : (i+1)*width]
	}
	return rows
}

type spaceFile struct{ Mean, Matrix packed }

func (s *space) file() spaceFile { return spaceFile{pack(s.mean), pack(s.matrix)} }

func (f spaceFile) space() *space {
	s := &space{mean: f.Mean.unpack()}
	if len(f.Matrix) > 0 {
		s.matrix = f.Matrix.unpack()
	}
	return s
}

type scaleFile struct{ Mean, Inverse packed }

type spaceArtefact struct {
	Model string
	Space spaceFile
}

// Encode writes the space as one artefact.
func (s *Space) Encode() ([]byte, error) {
	return seal(magicSpace, spaceArtefact{s.Model, s.space.file()})
}

// DecodeSpace reads what Encode wrote. Errors are Invalid.
func DecodeSpace(data []byte) (*Space, error) {
	var f spaceArtefact
	if err := unseal(magicSpace, data, &f); err != nil {
		return nil, err
	}
	s := f.Space.space()
	if d := len(s.mean); d == 0 || len(s.matrix) != d*d {
		return nil, fault.New(fault.Invalid, "the space does not fit this program")
	}
	return &Space{f.Model, s}, nil
}

type vocabularyFile struct {
	Hashes []byte // uint32, little endian
	IDF    packed
	Kind   []byte
}

func (v *vocabulary) file() vocabularyFile {
	f := vocabularyFile{Hashes: make([]byte, 4*len(v.hashes)), IDF: pack(v.idf), Kind: v.kind}
	for i, h := range v.hashes {
		binary.LittleEndian.PutUint32(f.Hashes[4*i:], h)
	}
	return f
}

func (f vocabularyFile) vocabulary() *vocabulary {
	v := &vocabulary{idf: f.IDF.unpack(), kind: f.Kind, hashes: make([]uint32, len(f.Hashes)/4)}
	for i := range v.hashes {
		v.hashes[i] = binary.LittleEndian.Uint32(f.Hashes[4*i:])
	}
	v.setTop()
	return v
}

type headFile struct {
	Dense, Gram         packed
	DenseBias, GramBias float32
	Mix                 [3]float64
	Vocabulary          int // which of the file's
}

type headsFile struct {
	Model        string
	Source       string
	Space        spaceFile
	Middle       scaleFile
	Vocabularies []vocabularyFile
	Names        []Signal
	Heads        []headFile
	Mood         vocabularyFile
	Sentiment    headFile
	Final        linear.Logistic
}

// Encode writes the heads as one artefact.
func (h *Heads) Encode() ([]byte, error) {
	f := headsFile{Model: h.Model, Source: h.Source, Space: h.space.file(), Middle: scaleFile{pack(h.middle.mean), pack(h.middle.inverse)}, Names: AllSignals(), Final: *h.sentiment.final}
	var written []*vocabulary
	for _, one := range h.heads {
		at := slices.Index(written, one.vocabulary)
		if at < 0 {
			at = len(written)
			written = append(written, one.vocabulary)
			f.Vocabularies = append(f.Vocabularies, one.vocabulary.file())
		}
		f.Heads = append(f.Heads, headFile{pack(one.dense), pack(one.gram), one.denseBias, one.gramBias, one.mix, at})
	}
	s := h.sentiment
	f.Mood = s.vocabulary.file()
	f.Sentiment = headFile{Dense: pack(s.dense), Gram: pack(s.gram), DenseBias: s.denseBias, GramBias: s.gramBias}
	return seal(magicHeads, f)
}

// DecodeHeads reads what Encode wrote. Errors are Invalid.
func DecodeHeads(data []byte) (*Heads, error) {
	var f headsFile
	if err := unseal(magicHeads, data, &f); err != nil {
		return nil, err
	}
	names := AllSignals()
	if len(f.Heads) != len(names) || len(f.Names) != len(names) {
		return nil, fault.New(fault.Invalid, "the heads have %d signals, this program knows %d", len(f.Heads), len(names))
	}
	h := &Heads{Model: f.Model, Source: f.Source, space: f.Space.space()}
	h.middle = &scale{f.Middle.Mean.unpack(), f.Middle.Inverse.unpack()}
	if len(h.middle.mean) != len(h.space.mean) || len(h.middle.inverse) != len(h.middle.mean) {
		return nil, fault.New(fault.Invalid, "the spaces of the heads do not fit each other")
	}
	vocabularies := make([]*vocabulary, len(f.Vocabularies))
	for i, v := range f.Vocabularies {
		vocabularies[i] = v.vocabulary()
	}
	d := len(h.space.mean)
	fits := func(one headFile, dense, grams int) bool {
		return len(one.Dense) == 2*dense && len(one.Gram) == 2*grams
	}
	for i, one := range f.Heads {
		if f.Names[i] != names[i] || one.Vocabulary < 0 || one.Vocabulary >= len(vocabularies) {
			return nil, fault.New(fault.Invalid, "the head %q does not fit this program", f.Names[i])
		}
		v := vocabularies[one.Vocabulary]
		if n := len(v.hashes); !fits(one, d, n) && !fits(one, 2*d, n) {
			return nil, fault.New(fault.Invalid, "the head %q does not fit this program", f.Names[i])
		}
		h.heads = append(h.heads, head{v, one.Dense.unpack(), one.DenseBias, one.Gram.unpack(), one.GramBias, one.Mix})
	}
	mood := f.Mood.vocabulary()
	if !fits(f.Sentiment, 2*d, len(mood.hashes)) || len(f.Final.W) != 2+len(sentimentFeatures("")) {
		return nil, fault.New(fault.Invalid, "the sentiment head does not fit this program")
	}
	h.sentiment = &sentimentHead{mood, f.Sentiment.Dense.unpack(), f.Sentiment.DenseBias, f.Sentiment.Gram.unpack(), f.Sentiment.GramBias, &f.Final}
	return h, nil
}

type modelFile struct {
	Intents    []Intent
	Stats      Stats
	Mix        []float64
	Scope      *linear.Logistic
	Space      spaceFile
	Dense      softmaxFile
	Vocabulary vocabularyFile
	Sparse     softmaxFile
	Neighbours packed
	Neighbour  []uint16
	Around     spaceFile
	Rows       packed // of the surroundings, in models of before they were quantized
	Codes      []byte
	Scales     []float32
	Class      []uint16 // of the rows; none: they do not vote
	Density    packed
	Centres    packed
	Wording    wordingFile
}

type wordingFile struct {
	First, Class, Count, Size []uint32
}

type softmaxFile struct {
	There    bool
	Features int
	W, Bias  packed
}

func softmaxOf(m *linear.Softmax) softmaxFile {
	if m == nil {
		return softmaxFile{}
	}
	return softmaxFile{true, m.Features, pack(m.W), pack(m.Bias)}
}

func (f softmaxFile) softmax(classes int) (*linear.Softmax, bool) {
	if !f.There {
		return nil, true
	}
	m := &linear.Softmax{Classes: classes, Features: f.Features, W: f.W.unpack(), Bias: f.Bias.unpack()}
	return m, len(m.W) == classes*m.Features && len(m.Bias) == classes
}

func bytesOf(codes []int8) []byte {
	out := make([]byte, len(codes))
	for i, v := range codes {
		out[i] = byte(v)
	}
	return out
}

func codesOf(data []byte) []int8 {
	out := make([]int8, len(data))
	for i, v := range data {
		out[i] = int8(v)
	}
	return out
}

// Encode writes the model as one artefact with a checksum.
func (m *Model) Encode() ([]byte, error) {
	c := m.classifier
	return seal(magicModel, modelFile{
		Intents: m.Intents, Stats: m.Stats, Mix: m.mix, Scope: m.scope, Space: c.space.file(),
		Dense: softmaxOf(c.dense), Vocabulary: c.vocabulary.file(), Sparse: softmaxOf(c.sparse),
		Neighbours: packAll(c.neighbours), Neighbour: c.neighbour,
		Around: c.around.space.file(), Codes: bytesOf(c.around.codes), Scales: c.around.scales, Class: c.around.class, Density: pack(c.around.density), Centres: packAll(c.around.centres),
		Wording: wordingFile{c.wording.first, c.wording.class, c.wording.count, c.wording.size},
	})
}

// DecodeModel reads what Encode wrote. Errors are Invalid: another format, a
// damaged file, tables that do not fit each other.
func DecodeModel(data []byte) (*Model, error) {
	var f modelFile
	if err := unseal(magicModel, data, &f); err != nil {
		return nil, err
	}
	n := len(f.Intents)
	c := &classifier{classes: n, space: f.Space.space(), vocabulary: f.Vocabulary.vocabulary(), neighbour: f.Neighbour}
	d := len(c.space.mean)
	c.neighbours = f.Neighbours.unpackRows(d)
	c.around = surroundings{space: f.Around.space(), codes: codesOf(f.Codes), scales: f.Scales, class: f.Class, density: f.Density.unpack(), centres: f.Centres.unpackRows(d)}
	if len(f.Rows) > 0 {
		c.around.rows = f.Rows.unpackRows(d)
		c.around.quantize()
		c.around.rows = nil
	}
	c.wording = wording{f.Wording.First, f.Wording.Class, f.Wording.Count, f.Wording.Size}
	var ok1, ok2 bool
	c.dense, ok1 = f.Dense.softmax(n)
	c.sparse, ok2 = f.Sparse.softmax(n)
	fits := n >= 2 && ok1 && ok2 && len(f.Mix) == views && len(c.neighbours) == len(c.neighbour) && len(c.around.centres) == n && len(c.around.space.mean) == d && f.Stats.Dimension == d &&
		(c.dense == nil || c.dense.Features == d) && (c.sparse == nil || c.sparse.Features == len(c.vocabulary.hashes)) &&
		(c.space.matrix == nil || len(c.space.matrix) == d*d) && (c.around.space.matrix == nil || len(c.around.space.matrix) == d*d)
	fits = fits && len(c.around.scales) == len(c.around.density) && len(c.around.codes) == d*len(c.around.scales) && c.wording.fits(len(c.vocabulary.hashes), n)
	fits = fits && (f.Class == nil || len(f.Class) == len(c.around.scales))
	for _, k := range slices.Concat(c.neighbour, f.Class) {
		fits = fits && int(k) < n
	}
	if !fits {
		return nil, fault.New(fault.Invalid, "the parts of the model do not fit each other")
	}
	return &Model{Intents: f.Intents, Stats: f.Stats, classifier: c, mix: f.Mix, scope: f.Scope}, nil
}
