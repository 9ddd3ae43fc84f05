"""A bag of words and of pairs of words, as vectors that are learned; texts come in as they are."""

import keras
from keras import layers, ops


def train(features, labels, *, seed: int, words: int, size: int, dropout: float, epochs: int, learning_rate: float):
    """Return a model of texts: the words that it knows, and how they are found in a text, are part of it."""
    numbered = layers.TextVectorization(max_tokens=words, ngrams=2)
    numbered.adapt(features)
    text = keras.Input((), dtype="string", name="text")
    tokens = numbered(text)
    is_word = ops.expand_dims(ops.cast(tokens != 0, "float32"), -1)
    vectors = layers.Embedding(words, size)(tokens) * is_word
    mean = ops.sum(vectors, 1) / ops.maximum(ops.sum(is_word, 1), 1)  # of a text without a word: 0
    outputs = layers.Dense(2, activation="softmax")(layers.Dropout(dropout)(mean))
    model = keras.Model(text, outputs)
    model.compile(keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(features, labels, batch_size=64, epochs=epochs, verbose=2)
    return model
