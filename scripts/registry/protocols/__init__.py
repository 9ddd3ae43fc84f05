"""The two protocols that clients of serve speak: requests to arrays, arrays to answers; HTTP belongs to serving."""
