"""The bare script of the story: read the digits, train the network, also on folds, measure it, save it.

Takes the data file and the number of folds.
"""

import sys
import tempfile

import keras
import numpy
from keras import layers
from sklearn.metrics import accuracy_score
from sklearn.model_selection import StratifiedKFold, train_test_split


def train(images, labels):
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, epochs=5, batch_size=32, verbose=2)
    return model


def accuracy(model, images, labels):
    return accuracy_score(labels, model.predict(images, verbose=0).argmax(axis=1))


rows = numpy.loadtxt(sys.argv[1], delimiter=",", dtype=numpy.uint8)
images, labels = rows[:, :-1].reshape(-1, 28, 28, 1) / numpy.float32(255), rows[:, -1]
split = train_test_split(images, labels, test_size=0.2, stratify=labels, random_state=7)
train_images, test_images, train_labels, test_labels = split
if folds := int(sys.argv[2]):
    for known, held in StratifiedKFold(folds).split(train_images, train_labels):
        model = train(train_images[known], train_labels[known])
        print(accuracy(model, train_images[held], train_labels[held]))
model = train(train_images, train_labels)
print(accuracy(model, test_images, test_labels))
with tempfile.TemporaryDirectory() as folder:
    model.export(folder, verbose=False)
